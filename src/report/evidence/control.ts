// Which parts of the bundle support which requirements. It supports them; whether they are met is for the auditor to say.

export interface Control {
  readonly framework: 'SOC 2' | 'HIPAA' | 'ISO/IEC 27001:2022'
  readonly id: string
  /** What it asks for, in short. */
  readonly asks: string
  /** Sections of the report. */
  readonly evidence: readonly Section[]
}

export const SECTIONS = ['Set-up', 'Policy in force', 'Decision log', 'Destinations', 'Attempts to escape', 'Host', 'History'] as const
export type Section = (typeof SECTIONS)[number]

/** Trust Services Criteria 2017 (2022 points of focus); 45 CFR part 164; Annex A of the ISO standard. */
export const CONTROLS: readonly Control[] = [
  { framework: 'SOC 2', id: 'CC6.1', asks: 'logical access is restricted', evidence: ['Policy in force', 'Set-up'] },
  { framework: 'SOC 2', id: 'CC6.6', asks: 'boundaries are protected', evidence: ['Set-up', 'Attempts to escape', 'Host'] },
  { framework: 'SOC 2', id: 'CC6.7', asks: 'transmission of information is restricted', evidence: ['Policy in force', 'Destinations'] },
  { framework: 'SOC 2', id: 'CC7.2', asks: 'components are monitored for anomalies', evidence: ['Decision log', 'Destinations'] },
  { framework: 'SOC 2', id: 'CC8.1', asks: 'changes are authorised and tracked', evidence: ['History'] },
  { framework: 'HIPAA', id: '164.308(a)(1)(ii)(D)', asks: 'activity is reviewed', evidence: ['Destinations', 'Decision log'] },
  { framework: 'HIPAA', id: '164.308(a)(8)', asks: 'safeguards are evaluated', evidence: ['Attempts to escape', 'Host'] },
  { framework: 'HIPAA', id: '164.312(a)(1)', asks: 'access is allowed to whom it was granted', evidence: ['Policy in force'] },
  { framework: 'HIPAA', id: '164.312(b)', asks: 'activity is recorded and examined', evidence: ['Decision log'] },
  {
    framework: 'HIPAA',
    id: '164.312(e)(1)',
    asks: 'transmission is guarded',
    evidence: ['Set-up', 'Policy in force', 'Attempts to escape'],
  },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.12', asks: 'data leakage is prevented', evidence: ['Policy in force', 'Attempts to escape'] },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.15', asks: 'logs are kept and protected', evidence: ['Decision log'] },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.16', asks: 'networks are monitored', evidence: ['Destinations'] },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.20', asks: 'networks are secured and controlled', evidence: ['Set-up', 'Policy in force'] },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.22', asks: 'networks are segregated', evidence: ['Set-up', 'Attempts to escape'] },
  {
    framework: 'ISO/IEC 27001:2022',
    id: 'A.8.23',
    asks: 'access to external sites is managed',
    evidence: ['Policy in force', 'Destinations'],
  },
  { framework: 'ISO/IEC 27001:2022', id: 'A.8.32', asks: 'changes are managed', evidence: ['History'] },
]
